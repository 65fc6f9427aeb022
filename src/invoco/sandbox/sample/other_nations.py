"""Nations that write with other letters; each name carries its Latin spelling."""

# ruff: noqa: RUF001  letters of other scripts are meant as they stand

from __future__ import annotations

from invoco.sandbox.sample.nation import Nation, nation

OTHER_NATIONS: tuple[Nation, ...] = (
    nation(
        "GR", 2,
        first="Γιώργος=giorgos Μαρία=maria Ελένη=eleni Νίκος=nikos Κατερίνα=katerina Δημήτρης=dimitris Σοφία=sofia",
        last="Παπαδόπουλος=papadopoulos Οικονόμου=oikonomou Γεωργίου=georgiou Νικολάου=nikolaou Βλάχος=vlachos",
        cities="Αθήνα|Αττική|105 ##|Europe/Athens;Θεσσαλονίκη|Κεντρική Μακεδονία|546 ##|Europe/Athens",
        streets="Ερμού %d;Λεωφόρος Αλεξάνδρας %d;Αγίου Δημητρίου %d",
        trades="%s Α.Ε.;Αφοί %s Ο.Ε.;Φαρμακείο %s",
        mobiles="30693 30694 30697", subscribers=(0, 10_000_000),
    ),
    nation(
        "UA", 3,
        first="Олександр=oleksandr Наталія=nataliia Сергій=serhii Оксана=oksana Ірина=iryna Дмитро=dmytro "
        "Юлія=yuliia Тарас=taras",
        last="Шевченко=shevchenko Коваленко=kovalenko Бондаренко=bondarenko Ткаченко=tkachenko Мельник=melnyk "
        "Кравець=kravets Лук’яненко=lukianenko",
        cities="Київ|Київ|010##|Europe/Kyiv;Львів|Львівська область|790##|Europe/Kyiv;"
        "Одеса|Одеська область|650##|Europe/Kyiv",
        streets="вул. Хрещатик, %d;просп. Свободи, %d, кв. 12;вул. Лесі Українки, %d",
        trades="ТОВ «%s»;ФОП %s;%s і партнери",
        mobiles="38050 38067 38093", subscribers=(0, 10_000_000),
    ),
    nation(
        "IL", 2,
        first="דוד=david שרה=sarah יעל=yael משה=moshe נועה=noa אורי=uri תמר=tamar איתן=eitan",
        last="כהן=cohen לוי=levi מזרחי=mizrahi פרץ=peretz ביטון=biton אברהם=avraham בן־דוד=bendavid",
        cities="תל אביב-יפו|מחוז תל אביב|61###00|Asia/Jerusalem;ירושלים|מחוז ירושלים|91###00|Asia/Jerusalem",
        streets="רחוב הרצל %d;שדרות רוטשילד %d;דרך יפו %d",
        trades="%s בע״מ;%s ובניו;מרפאת %s",
        mobiles="97250 97252 97254", subscribers=(2_000_000, 10_000_000),
    ),
    nation(
        "AE", 2,
        first="محمد=mohammed فاطمة=fatima أحمد=ahmed عائشة=aisha خالد=khalid مريم=mariam سلطان=sultan نورة=noura",
        last="المنصوري=almansoori الكعبي=alkaabi الشامسي=alshamsi المزروعي=almazrouei الهاشمي=alhashimi "
        "بن_زايد=binzayed",
        cities="دبي|دبي|00###|Asia/Dubai;أبوظبي|أبوظبي|51###|Asia/Dubai",
        streets="شارع الشيخ زايد %d;شارع الكورنيش %d;فيلا %d، جميرا",
        trades="مؤسسة %s;شركة %s ذ.م.م;عيادة %s",
        mobiles="97150 97155 97156", subscribers=(0, 10_000_000),
    ),
    nation(
        "EG", 2,
        first="محمود=mahmoud منى=mona يوسف=youssef هبة=heba عمر=omar ياسمين=yasmine طارق=tarek سلمى=salma",
        last="حسن=hassan إبراهيم=ibrahim السيد=elsayed عبد_الله=abdallah فاروق=farouk مصطفى=mostafa",
        cities="القاهرة|القاهرة|11###|Africa/Cairo;الإسكندرية|الإسكندرية|21###|Africa/Cairo",
        streets="شارع التحرير %d;كورنيش النيل %d;شارع سعد زغلول %d",
        trades="شركة %s للتجارة;صيدلية %s;%s وأولاده",
        mobiles="2010 2011 2012", subscribers=(0, 100_000_000),
    ),
    nation(
        "IN", 4,
        first="अमित=amit प्रिया=priya राहुल=rahul अनीता=anita विक्रम=vikram सुनीता=sunita अर्जुन=arjun लक्ष्मी=lakshmi",
        last="शर्मा=sharma वर्मा=verma सिंह=singh गुप्ता=gupta कुमार=kumar मिश्रा=mishra पटेल=patel",
        cities="मुंबई|महाराष्ट्र|400###|Asia/Kolkata;नई दिल्ली|दिल्ली|110###|Asia/Kolkata;"
        "Bengaluru|Karnataka|560###|Asia/Kolkata",
        streets="%d, महात्मा गांधी मार्ग;प्लॉट %d, सेक्टर 5;%d MG Road",
        trades="%s ट्रेडर्स;%s एंड संस;%s Pvt. Ltd.",
        mobiles="9198 9199 9197", subscribers=(10_000_000, 70_000_000),
    ),
    nation(
        "TH", 2,
        first="สมชาย=somchai สุดา=suda อนันต์=anan มาลี=malee กิตติ=kitti นภา=napha ปรีชา=preecha",
        last="ใจดี=jaidee ศรีสุข=srisuk วงศ์สวัสดิ์=wongsawat แสงทอง=saengthong บุญมี=boonmee",
        cities="กรุงเทพมหานคร|กรุงเทพมหานคร|10###|Asia/Bangkok;เชียงใหม่|เชียงใหม่|50###|Asia/Bangkok",
        streets="%d ถนนสุขุมวิท;บ้านเลขที่ %d ซอย 4;%d ถนนห้วยแก้ว",
        trades="บริษัท %s จำกัด;ร้าน%s;%s คลินิก",
        mobiles="6681 6689 6665", subscribers=(0, 10_000_000),
    ),
    nation(
        "CN", 2,
        first="伟=wei 芳=fang 娜=na 秀英=xiuying 敏=min 静=jing 强=qiang 磊=lei 洋=yang 梓涵=zihan",
        last="王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 黄=huang 赵=zhao 欧阳=ouyang",
        cities="北京市|北京|1000##|Asia/Shanghai;上海市|上海|2000##|Asia/Shanghai;广州市|广东省|5100##|Asia/Shanghai",
        streets="中山路%d号;人民大道%d号3单元;建国门外大街%d号",
        trades="%s科技有限公司;%s记餐厅;%s贸易公司",
        mobiles="8613 8615 8618", subscribers=(0, 400_000_000),
    ),
    nation(
        "JP", 2,
        first="陽翔=haruto 結衣=yui 大翔=hiroto さくら=sakura 健太=kenta 美咲=misaki 翔太=shota アンナ=anna",
        last="佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 伊藤=ito 渡辺=watanabe 山本=yamamoto 髙﨑=takasaki",
        cities="渋谷区|東京都|150-####|Asia/Tokyo;大阪市|大阪府|530-####|Asia/Tokyo;札幌市|北海道|060-####|Asia/Tokyo",
        streets="道玄坂2丁目%d番地;梅田1-1-%d;北区北三条西%d",
        trades="株式会社%s;%s商店;%s歯科医院",
        mobiles="81901 81802 81703", subscribers=(0, 10_000_000),
    ),
    nation(
        "KR", 1,
        first="민준=minjun 서연=seoyeon 지훈=jihun 수빈=subin 현우=hyunwoo 지우=jiwoo 하은=haeun",
        last="김=kim 이=lee 박=park 최=choi 정=jung 강=kang 조=cho",
        cities="서울특별시|서울|045##|Asia/Seoul;부산광역시|부산|480##|Asia/Seoul",
        streets="세종대로 %d;해운대로 %d번길 5;강남대로 %d",
        trades="주식회사 %s;%s치과;%s상사",
        mobiles="82102 82103 82104", subscribers=(0, 10_000_000),
    ),
)  # fmt: skip
